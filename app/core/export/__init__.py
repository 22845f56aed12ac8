"""Conversations as files for other programs, for paper, and for another Visavis.

`archive` keeps everything and can be read back (`app.core.importing`); `markdown` and `page` keep the branch shown, for
reading. What they have to say in words comes from the window: see `Words`.
"""
