"""What is true, and how good is each voter? Models of voters, fitted to the votes alone."""
