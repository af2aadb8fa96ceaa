"""Jupyter's own SQLite databases, asked of the programs that keep them: none is in a home, which may be on NFS."""

import json
import subprocess
from pathlib import Path

from blueprint.values import file_values
from blueprint.versions import JUPYTERHUB
from preview.installation import Installation
from tests.preview.conftest import installation

__all__ = ["installation"]

ASKED = """
import json, sys
from IPython.core import application
from ipykernel.kernelapp import IPKernelApp
from jupyter_server.serverapp import ServerApp
from nbformat.sign import TrustNotebookApp

application.SYSTEM_CONFIG_DIRS[:] = [f"{sys.argv[1]}/etc/ipython"]
server, trust, kernel = ServerApp(), TrustNotebookApp(), IPKernelApp()
server.initialize([], find_extensions=False, new_httpserver=False)
trust.initialize([])
kernel.initialize([])
databases = {
    "trusted notebooks": server.contents_manager.notary.store.db_file,
    "trusted by command": trust.notary.store.db_file,
    "file ids": server.config.BaseFileIdManager.db_path,
    "edits": server.config.SQLiteYStore.db_path,
    "history": kernel.shell.history_manager.hist_file,
}
print(json.dumps(databases), file=sys.__stderr__)
"""


def test_databases_are_on_the_servers_local_disk(installation: Installation, tmp_path: Path) -> None:
    home, disk, root = tmp_path / "home", tmp_path / "tmp", tmp_path / "root"
    for folder in (home, disk):
        folder.mkdir()
    for file in file_values(JUPYTERHUB.name)["singleuser"]["extraFiles"].values():
        path = Path(f"{root}{file['mountPath']}")
        path.parent.mkdir(parents=True)
        text = file["stringData"] if "stringData" in file else json.dumps(file["data"])
        path.write_text(text.replace("/tmp/", f"{disk}/"))
    environment = {
        "HOME": str(home),
        "JUPYTER_CONFIG_PATH": f"{root}/etc/jupyter",
        "JUPYTER_RUNTIME_DIR": str(disk / "runtime"),
    }
    command = [str(installation.bin / "python"), "-c", ASKED, str(root)]
    asked = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stderr.splitlines()[-1]) == {
        "trusted notebooks": f"{disk}/jupyter-trusted-notebooks.db",
        "trusted by command": f"{disk}/jupyter-trusted-notebooks.db",
        "file ids": f"{disk}/jupyter-file-id.db",
        "edits": f"{disk}/jupyter-ystore.db",
        "history": f"{disk}/ipython-history.sqlite",
    }
    assert [path for path in home.rglob("*") if path.suffix in (".db", ".sqlite")] == []
