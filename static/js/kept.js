// Where drafts lie: in the browser's database for a person who is signed in, in this tab alone for a guest.
// Each write is on the disk before it counts. Where the browser gives no room the page works on without drafts.

let opened;

function database() {
  opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open("clearbay", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("drafts", { keyPath: "key" });
    asked.onsuccess = () => {
      asked.result.onversionchange = () => asked.result.close();
      done(asked.result);
    };
    asked.onerror = () => failed(asked.error);
  });
  return opened;
}

async function within(mode, act) {
  const deal = (await database()).transaction("drafts", mode, { durability: "strict" });
  const asked = act(deal.objectStore("drafts"));
  return new Promise((done, failed) => {
    deal.oncomplete = () => done(asked.result);
    deal.onabort = () => failed(deal.error);
  });
}

const ofPerson = {
  all: () => within("readonly", (drafts) => drafts.getAll()),
  keep: (draft) => within("readwrite", (drafts) => drafts.put(draft)),
  forget: (key) => within("readwrite", (drafts) => drafts.delete(key)),
};

const ofTab = {
  all: () => Object.keys(sessionStorage).filter((key) => key.startsWith("draft ")).map((key) => JSON.parse(sessionStorage[key])),
  keep: (draft) => sessionStorage.setItem(`draft ${draft.key}`, JSON.stringify(draft)),
  forget: (key) => sessionStorage.removeItem(`draft ${key}`),
};

export function shelf(person) {
  const place = person ? ofPerson : ofTab;
  const dare = (act, otherwise) => async (...given) => {
    try {
      return await act(...given);
    } catch {
      return otherwise;
    }
  };
  return { all: dare(place.all, []), keep: dare(place.keep), forget: dare(place.forget) };
}
