"""What the library promises while it is changed, held against what questions get then: nothing stale, nothing half, no leak."""
