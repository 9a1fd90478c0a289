// A tone for each outcome. Browsers allow sound only after a touch or a key; until then the page says that it is silent.

// Pitch (Hz), length and pause (s), times, loudness, wave: high and short for ordered, long and soft for stored here,
// twice for amber, low and long for red; a tick where nothing was to be said.
const TONES = {
  green: { pitch: 1320, length: 0.16, pause: 0, times: 1, loudness: 0.5, wave: "sine" },
  pending: { pitch: 740, length: 0.42, pause: 0, times: 1, loudness: 0.5, wave: "sine" },
  amber: { pitch: 523, length: 0.15, pause: 0.1, times: 2, loudness: 0.6, wave: "triangle" },
  red: { pitch: 165, length: 0.95, pause: 0, times: 1, loudness: 0.45, wave: "square" },
  grey: { pitch: 1800, length: 0.03, pause: 0, times: 1, loudness: 0.2, wave: "sine" },
};
const BETWEEN = 0.12; // seconds between the tones of two scans
const EDGE = 0.008; // seconds of rise and fall, so that a tone does not click

export class Tones {
  constructor(onChange) {
    this.context = new AudioContext();
    this.free = 0; // when the last tone ends, in the context's seconds
    this.context.addEventListener("statechange", () => onChange(this.blocked));
    for (const kind of ["pointerdown", "keydown", "touchend"]) {
      addEventListener(kind, () => this.unlock(), { capture: true, passive: true });
    }
    onChange(this.blocked);
  }

  get blocked() {
    return this.context.state !== "running";
  }

  unlock() {
    if (this.blocked) this.context.resume();
  }

  play(tone) {
    if (this.blocked) return;
    const { pitch, length, pause, times } = TONES[tone];
    for (let time = 0; time < times; time += 1) {
      const start = Math.max(this.context.currentTime, this.free);
      this.beep(TONES[tone], pitch, start, length);
      this.free = start + length + pause;
    }
    this.free += BETWEEN;
  }

  beep({ wave, loudness }, pitch, start, length) {
    const source = new OscillatorNode(this.context, { type: wave, frequency: pitch });
    const volume = new GainNode(this.context, { gain: 0 });
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(loudness, start + EDGE);
    volume.gain.setValueAtTime(loudness, start + length - EDGE);
    volume.gain.linearRampToValueAtTime(0, start + length);
    source.connect(volume).connect(this.context.destination);
    source.start(start);
    source.stop(start + length);
  }
}
