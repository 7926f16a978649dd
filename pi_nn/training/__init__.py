"""Training on a desktop: data sets, augmentation, fit, evaluation, plots, export.

Nothing on the Pi imports this.
"""
