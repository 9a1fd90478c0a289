// Labels as pictures: a line of JSON {zpl, width, height, dots} (dots, dots, dots a millimetre) gives a line of JSON,
// the PNGs in base 64.
import { createInterface } from "node:readline";
import { ready } from "zpl-renderer-js";

const { api } = await ready;
for await (const line of createInterface({ input: process.stdin })) {
  const { zpl, width, height, dots } = JSON.parse(line);
  const pictures = await api.zplToBase64MultipleAsync(zpl, width / dots, height / dots, dots);
  process.stdout.write(JSON.stringify(pictures) + "\n");
}
