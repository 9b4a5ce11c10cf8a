"""
One recogniser for each syntax in which names and values are written.

Each says where values stand, and none decides whether a value is secret. `examples.toml` has
examples of each syntax. Parameters mean the same everywhere:

- `text`: the text, its escapes not undone;
- `place`: where to read; `start` and `end`: where the name starts and ends;
- `limit`: where the text, or the string of JSON around the place, ends;
- `name`: the name that stands there, judged; `names` judges further names;
- `judge`: judges values one by one, where there may be many.
"""
