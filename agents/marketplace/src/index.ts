// A small order book whose four channels stand behind the gate, and the MQTT intake of readings.
export {};
