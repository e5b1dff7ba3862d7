//! Distances on the globe.
