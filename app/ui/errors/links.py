"""The words for links to pictures that are not fetched, or could not be."""

from __future__ import annotations

from app.core.errors import LinkRefused
from app.ui import figures
from app.ui.errors.form import filled, tr


def one_link(error: LinkRefused) -> str:
    """What happened; %1 is the host, or the address where there is none."""
    text = {
        "scheme": tr("The link to %1 does not begin with https://, and no other is fetched."),
        "credentials": tr("The link to %1 contains a name or a password, and is not fetched with them."),
        "port": tr("The link to %1 names a port, and no other than the usual one is asked."),
        "unreadable": tr("“%1” is not a link that can be read."),
        "private": tr("%1 is not on the public internet, and nothing is fetched from elsewhere."),
        "redirects": tr("The link to %1 was passed on more than %2 times."),
        "dns": tr("%1 was not found."),
        "connect": tr("%1 could not be reached."),
        "tls": tr("The connection to %1 is not safe: its certificate could not be verified."),
        "timeout": tr("%1 did not send the picture within %2 seconds."),
        "too_large": tr("What %1 sends is above the limit of %2."),
        "status": tr("%1 answered with status %2 and no picture."),
        "failed": tr("What %1 sent broke off or could not be read."),
    }[error.reason]
    shown = {"too_large": figures.file_size(error.limit), "status": str(error.status)}
    return filled(text, "%1", shown.get(error.reason, figures.count(error.limit)))


def several_links(error: LinkRefused) -> str:
    """What happened to several that failed for one reason; %1 is their number, %2 their hosts."""
    return {
        "scheme": tr("%1 links do not begin with https://, and no others are fetched: %2."),
        "credentials": tr("%1 links contain names or passwords, and are not fetched with them: %2."),
        "port": tr("%1 links name ports, and no other than the usual one is asked: %2."),
        "unreadable": tr("%1 links cannot be read: %2."),
        "private": tr("%1 links lead out of the public internet, and are not fetched: %2."),
        "redirects": tr("%1 links were passed on too often: %2."),
        "dns": tr("The hosts of %1 links were not found: %2."),
        "connect": tr("The hosts of %1 links could not be reached: %2."),
        "tls": tr("%1 links were not fetched because certificates could not be verified: %2."),
        "timeout": tr("The pictures of %1 links did not come in time: %2."),
        "too_large": tr("What %1 links lead to is above the limit of size: %2."),
        "status": tr("%1 links lead to no picture: %2."),
        "failed": tr("What %1 links lead to broke off or could not be read: %2."),
    }[error.reason]


def link_remedy(error: LinkRefused) -> str:
    by_hand = tr("Open the link in a browser, save the picture and add the file.")
    again = tr("Check the link and the internet connection, and add it again.")
    return {
        "unreadable": tr("Copy the link again, or save the picture in a browser and add the file."),
        "dns": again,
        "connect": again,
        "tls": tr("Nothing was fetched. Check this computer's date, or ask for the picture as a file."),
        "timeout": tr("Add it again, or save the picture in a browser and add the file."),
        "status": tr("Check the link, or save the picture in a browser and add the file."),
        "failed": tr("Add it again, or save the picture in a browser and add the file."),
    }.get(error.reason, by_hand)
