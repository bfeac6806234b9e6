/// What nobody has asked for in years: the reason why an operator opens the program.
extension SampleBuilder {
    mutating func addAttic() throws {
        for (tag, date) in [
            ("v1", SampleDate(2013, 5, 2, 4, 12)), ("v2", SampleDate(2013, 7, 19, 4, 12)),
            ("v3", SampleDate(2013, 9, 9, 4, 12)),
        ] {
            try push(
                SampleImage(
                    created: date, command: "/usr/sbin/cron", layers: [SampleLayer.archive("cron-\(tag)", size: 22_528)]
                ),
                to: "attic/cron", tags: [tag], at: date)
        }
        let intranet = SampleDate(2013, 11, 4, 8, 0)
        try push(
            SampleImage(created: intranet, layers: [SampleLayer.archive("intranet", size: 45_056)]),
            to: "attic/intranet", tags: [], at: intranet)
        let y2k = SampleDate(2013, 3, 1, 0, 0)
        let image = SampleImage(created: y2k, layers: [SampleLayer.archive("y2k", size: 18_432)])
        for blob in image.layers + [image.config] {
            try store(blob, at: y2k)
            try linkLayer(blob, in: "attic/y2k", at: y2k)
        }
        // Deleting a manifest leaves its blob.
        try store(image.manifest(config: image.config), at: y2k)
    }
}
