// What one tab of this tablet knows of the outbox, all hear: {is: "kept" | "sending" | "received" | "attention", …}.
const NAME = "clearbay-outbox";
const place = new BroadcastChannel(NAME);

export const tell = (what) => place.postMessage(what);

// Also hears what this very page tells. Answers with how to stop listening.
export function hear(act) {
  const ear = new BroadcastChannel(NAME);
  ear.onmessage = ({ data }) => act(data);
  return () => ear.close();
}
