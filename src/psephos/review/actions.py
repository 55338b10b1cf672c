"""What is an action of the log called where people read it?

The log itself, its hashes, the API and addresses keep the names that programs know (``decision.create``); a page shows
words in the language of its reader and offers those that can stand in the log of a project.
"""

from __future__ import annotations

ACTION_WORDS = {
    "access.refused": "Was refused",
    "adjudication.override": "Settled a dispute of their own",
    "comment.create": "Commented",
    "comment.delete": "Took back a comment",
    "comment.resolve": "Dealt with a comment",
    "decision.adjudicate": "Settled a dispute",
    "decision.batch": "Decided many at once",
    "decision.create": "Decided",
    "decision.redo": "Did again",
    "decision.supersede": "Decided anew",
    "decision.undo": "Took back",
    "export.create": "Exported",
    "export.download": "Downloaded an export",
    "export.interrupted": "An export was interrupted",
    "factor.added": "Added a second factor",
    "factor.removed": "Removed a second factor",
    "identity.joined": "Joined an account of the provider",
    "item.delete": "Hid an item",
    "item.flag": "Marked an item",
    "item.lock": "Locked an item",
    "item.restore": "Brought an item back",
    "item.unlock": "Unlocked an item",
    "membership.change": "Changed a role",
    "password.changed": "Changed a password",
    "password.link": "Made a link for a new password",
    "person.disabled": "Disabled an account",
    "person.enabled": "Enabled an account",
    "person.invited": "Invited somebody",
    "person.joined": "Joined",
    "project.change": "Changed the rules",
    "project.create": "Made the project",
    "project.delete": "Hid the project",
    "project.import": "Brought the project in",
    "project.restore": "Brought the project back",
    "recovery.used": "Used a recovery code",
    "reservation.release": "Let go of an item",
    "reservation.take": "Opened an item",
    "retention.sweep": "Deleted what had passed",
    "run.create": "Computed a consensus",
    "session.ended": "Ended a session",
    "sign_in": "Signed in",
    "sign_in.failed": "Failed to sign in",
    "sign_out": "Signed out",
    "source.load": "Loaded opinions",
    "token.ended": "Ended a token",
    "token.made": "Made a token",
    "user.create": "Made an account",
    "user.erase": "Erased a person",
    "webhook.add": "Added a webhook",
    "webhook.remove": "Removed a webhook",
    "webhook.test": "Tested a webhook",
}
"""Words of each action, by its name."""

_OF_NO_PROJECT = (
    "access",
    "factor",
    "identity",
    "password",
    "person.disabled",
    "person.enabled",
    "recovery",
    "retention",
    "session",
    "sign_in",
    "sign_out",
    "token",
    "user",
)

ACTION_CHOICES = {
    name: said for name, said in ACTION_WORDS.items() if not {name, name.partition(".")[0]} & set(_OF_NO_PROJECT)
}
"""Actions that the log of a project can hold."""
