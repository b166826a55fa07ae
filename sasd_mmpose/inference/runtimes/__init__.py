"""What runs a net, behind one interface: exported files, or torch."""
