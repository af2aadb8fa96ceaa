"""Scripts that run before a server does: the deployment's, then that of the profile."""

from blueprint.config import Config
from blueprint.config.types.profiles import ShellScript
from blueprint.values import Values

_FOLDER = "/etc/jupyter/startup"
_OF_ALL = "default"
"""What no profile can be called."""


def startup_files(config: Config) -> Values:
    """The scripts, in the chart's `singleuser.extraFiles`."""
    return {
        f"startup-{id}": {"mountPath": _path(id), "stringData": script.text} for id, script in _scripts(config).items()
    }


def startup_command(config: Config, profile: str = "") -> list[str]:
    """A server's command, which first runs what there is for it; none where there is nothing.

    However a script ends, and wherever its output can be kept, the server starts.
    """
    scripts = [_path(id) for id in (_OF_ALL, profile) if id in _scripts(config)]
    seconds = config.singleuser_start_timeout // 2 // max(1, len(scripts))
    run = (
        'log="$HOME/startup.log"; true >"$log" || log="${TMPDIR:-/tmp}/startup.log"; while [ "$1" != -- ]; do '
        f'timeout -k 10 {seconds} sh "$1" </dev/null >>"$log" 2>&1 '
        '|| echo "The startup script ${1##*/} failed, or took too long: $?" >>"$log"; shift; done; shift; exec "$@"'
    )
    return ["sh", "-c", run, "sh", *scripts, "--", "jupyterhub-singleuser"] if scripts else []


def _scripts(config: Config) -> dict[str, ShellScript]:
    profiles = config.singleuser_profiles.by_id if config.singleuser_profiles else {}
    found = {_OF_ALL: config.singleuser_startup, **{id: each.startup for id, each in profiles.items()}}
    return {id: script for id, script in found.items() if script}


def _path(id: str) -> str:
    return f"{_FOLDER}/{id}.sh"
