"""AiM (SK hynix): instructions, their controller, and the units that compute."""
