// Where drafts lie: in the browser's database for a person who is signed in and on the pages of a tablet without a
// network, in this tab alone for a guest. Where the browser gives no room the page works on without drafts.
import { fit } from "./outbox/ballast.js";
import { within } from "./outbox/base.js";

const drafts = (mode, act) => within(["drafts"], mode, (stores) => act(stores.drafts));

const onTablet = {
  all: () => drafts("readonly", (all) => all.getAll()),
  keep: (draft) => fit(() => drafts("readwrite", (all) => all.put(draft))),
  forget: (key) => drafts("readwrite", (all) => all.delete(key)),
};

const ofTab = {
  all: () => Object.keys(sessionStorage).filter((key) => key.startsWith("draft ")).map((key) => JSON.parse(sessionStorage[key])),
  keep: (draft) => sessionStorage.setItem(`draft ${draft.key}`, JSON.stringify(draft)),
  forget: (key) => sessionStorage.removeItem(`draft ${key}`),
};

export function shelf(stays) {
  const place = stays ? onTablet : ofTab;
  const dare = (act, otherwise) => async (...given) => {
    try {
      return await act(...given);
    } catch {
      return otherwise;
    }
  };
  return { all: dare(place.all, []), keep: dare(place.keep), forget: dare(place.forget) };
}

// Resolves when every change noted so far is on the disk: writes take turns, and this one comes after them. False where
// nothing can be kept at all.
export const settled = () => drafts("readwrite", (all) => all.count()).then(() => true, () => false);
