"""What the readers say of many people at many times, fused into one state of the room."""
