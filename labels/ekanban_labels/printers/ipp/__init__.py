"""The Internet Printing Protocol, as much of it as printing cards needs (RFC 8010, RFC 8011, PWG 5100.12)."""
