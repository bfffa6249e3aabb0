// Tells an outcome to the ear and the hand, for whoever looks at the shelf: done is high and short, refused low and long.
const TONES = { ready: [[880, 0.09]], attention: [[520, 0.1], [520, 0.1]], blocked: [[196, 0.34]] };
const SHAKES = { ready: 40, attention: [40, 60, 40], blocked: 220 };
let sound;

export function tell(state) {
  if (state === "wake") sound ??= window.AudioContext && new AudioContext(); // needs the tap that opened the scanner
  navigator.vibrate?.(SHAKES[state] ?? 0);
  let at = sound?.currentTime ?? 0;
  for (const [pitch, long] of (sound && TONES[state]) || []) {
    const tone = sound.createOscillator();
    const quiet = sound.createGain();
    tone.frequency.value = pitch;
    quiet.gain.value = 0.2;
    tone.connect(quiet).connect(sound.destination);
    tone.start(at);
    tone.stop(at + long);
    at += long + 0.06;
  }
}
