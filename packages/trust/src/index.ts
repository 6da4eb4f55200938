// Who may issue which role, where and until when: accreditations, attenuation, bounded chain building.
export {};
