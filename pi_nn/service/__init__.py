"""The daemon: a capture thread publishes readings on a board, requests only read it.

Imports run one way: server -> daemon -> application, capture, listener -> routes -> board, models.
"""
