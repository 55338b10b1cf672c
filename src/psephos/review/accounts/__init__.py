"""Who is at the door, and how do they show it? Passwords, second factors, single sign-on, links, sessions, tokens."""
