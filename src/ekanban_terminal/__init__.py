"""The shop-floor service: station, journal, courier, kiosk page, local API."""
