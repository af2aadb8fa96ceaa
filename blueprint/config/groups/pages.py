"""Settings of the pages that people see: which hub it is, whom to ask, and what there is to know."""

from blueprint.config.field import Group, setting
from blueprint.config.types.kinds import Announcement, Contact, Title
from blueprint.config.types.pictures import Logo


class Pages(Group):
    """What the hub's pages say of it, from sign-in to errors."""

    hub_title: Title = setting(
        "hub.title",
        "The name of the hub on its pages.",
        default="JupyterHub",
        example="Research Notebooks",
    )
    hub_logo: Logo | None = setting(
        "hub.logo",
        "A picture beside the context, shown at the top of the pages, 36 pixels high.",
        default=None,
        absent="JupyterHub's own",
        example="logo.svg",
    )
    hub_contact: Contact | None = setting(
        "hub.contact",
        "Whom people ask who need help or are turned away.",
        default=None,
        absent="the pages say to ask the hub's administrators",
        example="hub-help@example.com",
    )
    hub_announcement: Announcement | None = setting(
        "hub.announcement",
        "A message on all pages, shown as it is written: no HTML, but web addresses become links.",
        default=None,
        absent="none",
        example="On Friday from 18:00 the hub is updated. Please save your work.",
    )
