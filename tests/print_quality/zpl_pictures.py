"""What a label printer makes of ZPL, by the npm package zpl-renderer-js: a reader of ZPL that others wrote."""

from __future__ import annotations

import base64
import io
import json
import subprocess
from pathlib import Path
from types import TracebackType

from PIL import Image

HERE = Path(__file__).parent
DOTS_PER_MM = {203: 8, 300: 12, 600: 24}  # printers' own, of which 203, 300 and 600 dpi are the rounded names


class ZplRenderer:
    """One process of Node.js that renders label after label. Needs `npm ci` in this folder."""

    def __enter__(self) -> ZplRenderer:
        self._node = subprocess.Popen(
            ["node", str(HERE / "render.mjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._node.communicate()

    def labels(self, zpl: bytes, width: int, height: int, dpi: int) -> list[Image.Image]:
        """The labels in grey, so many dots each."""
        assert self._node.stdin
        assert self._node.stdout
        asked = {"zpl": zpl.decode("ascii"), "width": width, "height": height, "dots": DOTS_PER_MM[dpi]}
        print(json.dumps(asked), file=self._node.stdin, flush=True)
        pictures = json.loads(self._node.stdout.readline())
        return [Image.open(io.BytesIO(base64.b64decode(one))).convert("L") for one in pictures]
