// A headless device: presents its identity over HTTP and MQTT and sends readings.
export {};
