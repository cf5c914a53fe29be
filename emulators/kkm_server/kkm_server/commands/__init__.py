"""What each command does: from members to the register and from documents to members."""
