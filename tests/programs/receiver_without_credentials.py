"""
Send requests without credentials, and print the status of each answer.

Each line of the input has a method and an address.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request

for line in sys.stdin:
    method, url = line.split()
    request = urllib.request.Request(url, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            print(answer.status)
    except urllib.error.HTTPError as error:
        print(error.code)
        error.close()
