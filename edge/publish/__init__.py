"""What leaves: MQTT, Home Assistant discovery, lamps. It sees `Release` and nothing more private."""
