#!/bin/sh
# Make sure the browser tests find a Chromium, and letters for Chinese. What is there is used; nothing is replaced.
set -eu

as_root() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

for browser in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$browser" >/dev/null; then
        echo "browser: $(command -v "$browser")"
        exit 0
    fi
done

if as_root; then
    echo "browser: installing chromium with apt-get"
    export DEBIAN_FRONTEND=noninteractive
    if apt-get update -qq && apt-get install -qq -y --no-install-recommends chromium fonts-noto-cjk >/dev/null; then
        exit 0
    fi
    echo "browser: apt-get could not; trying playwright's own"
fi
exec "$PLAYWRIGHT" install chromium
