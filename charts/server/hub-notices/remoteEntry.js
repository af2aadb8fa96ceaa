// An extension of JupyterLab 4 and Notebook 7 in the form that their loader takes, as a bundler would write it: what the
// hub has to say of this server, that it is about to stop for example, is shown as a notification.
(() => {
  const SECONDS = 20;
  const shown = new Map(); // by the hub's id of a notice, its text and what takes it away
  let shared = {};

  const time = seconds => new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

  // JupyterLab's own notifications, or a line above all else where nothing shows them.
  async function display(app) {
    const versions = Object.values(shared["@jupyterlab/apputils"] ?? {});
    const version = versions.find(each => each.loaded) ?? versions[0];
    const { Notification } = version ? (await version.get())() : {};
    if (Notification && app.hasPlugin("@jupyterlab/apputils-extension:notification")) {
      return text => {
        const id = Notification.warning(text, { autoClose: false });
        return () => Notification.dismiss(id);
      };
    }
    return text => {
      const line = document.createElement("div");
      line.setAttribute("role", "alert");
      line.style.cssText =
        "position: fixed; top: 0; left: 0; right: 0; z-index: 100000; padding: 8px; text-align: center;" +
        "background: #fff3cd; color: #332701; border-bottom: 1px solid #332701";
      line.textContent = text;
      document.body.append(line);
      return () => line.remove();
    };
  }

  async function look(address, show) {
    if (document.hidden) return; // nobody looks, and nothing is to keep the server awake
    const answer = await fetch(address, { credentials: "same-origin", cache: "no-store" });
    if (!answer.ok) return;
    const notices = new Map((await answer.json()).map(each => [each.id, each.text.replace("{time}", time(each.end))]));
    for (const [id, { text, remove }] of shown) {
      if (notices.get(id) !== text) {
        remove();
        shown.delete(id);
      }
    }
    for (const [id, text] of notices) {
      if (!shown.has(id)) shown.set(id, { text, remove: show(text) });
    }
  }

  function activate(app) {
    const page = JSON.parse(document.getElementById("jupyter-config-data").textContent);
    if (!page.hubPrefix || page.hubServerUser !== page.hubUser) return; // no hub, or another person's server
    const server = new URLSearchParams({ user: page.hubUser, server: page.hubServerName });
    const address = `${page.hubHost ?? ""}${page.hubPrefix}notices?${server}`;
    // What is notified before is not seen; nor is it waited for here, for that waits for this.
    app.restored.then(async () => {
      const show = await display(app);
      const attempt = () => look(address, show).catch(() => {}); // a hub that is away is asked again
      const again = () => setTimeout(() => attempt().then(again), SECONDS * 1000 * (0.9 + 0.2 * Math.random()));
      document.addEventListener("visibilitychange", attempt);
      attempt().then(again);
    });
  }

  const plugin = { id: "hub-notices:plugin", description: "Shows notices of the hub", autoStart: true, activate };
  window._JUPYTERLAB = window._JUPYTERLAB ?? {};
  window._JUPYTERLAB["hub-notices"] = {
    init: scope => void (shared = scope),
    get: async () => () => ({ __esModule: true, default: plugin }),
  };
})();
