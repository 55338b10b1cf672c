"""What do several transcripts of one recording say together? Alignment, election, certainty, and what to hear first."""
