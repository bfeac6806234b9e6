/// What the company runs, or ran.
extension SampleBuilder {
    /// A layer of three chunks.
    static let weights = SampleLayer.big(
        "model-weights", size: 8_912_896, data: 300_000,
        digest: "77334cf34f100f47ac28fac67f43113d89ed95b8286b51286cf90061f8539e9b")

    mutating func addApplications() throws {
        try addProduct()
        try addTeams()
        let trained = SampleDate(2015, 11, 2, 19, 31)
        try push(
            SampleImage(
                created: trained, command: "/bin/predict",
                layers: [Self.weights]),
            to: "ml/weights", tags: ["2015-11"], at: trained)
        let partial = SampleDate(2016, 1, 19, 13, 2)
        try startUpload(
            "23b25564-ec05-4c45-8a8b-d64efed76cc7", in: "uploads/partial", at: partial,
            Array(SampleLayer.archive("abandoned", size: 131_072).content[..<50_000]),
            continued: SampleDate(2016, 1, 19, 13, 3))
        try startUpload(
            "ed275216-e73a-4c3f-84f2-09e54ee4db48", in: "uploads/started", at: SampleDate(2016, 2, 8, 17, 40))
    }

    private mutating func addProduct() throws {
        let runtime = SampleLayer.archive("runtime", size: 150_016)
        let releases: [(version: String, tags: [String], SampleDate)] = [
            ("1.0", ["latest", "stable"], SampleDate(2014, 10, 1, 10, 0)),
            ("1.1", ["latest", "stable"], SampleDate(2015, 3, 12, 10, 0)),
            ("2.0", ["latest"], SampleDate(2016, 1, 7, 15, 30)),
        ]
        for (version, tags, date) in releases {
            for service in ["web", "api"] {
                let layer = SampleLayer.archive("\(service)-\(version)", size: service == "web" ? 61_440 : 40_960)
                try push(
                    SampleImage(
                        created: date, command: "/bin/\(service)", layers: [Self.debianJessie, runtime, layer]),
                    to: "app/\(service)", tags: [version] + (service == "web" ? tags : ["latest"]), at: date)
            }
        }
        let cache = SampleDate(2015, 3, 12, 10, 5)
        try push(
            SampleImage(
                created: cache, command: "/bin/cache", layers: [SampleLayer.archive("cache", size: 30_720)]),
            to: "app/web/cache", tags: ["1.1"], at: cache)
    }

    private mutating func addTeams() throws {
        let deep = SampleDate(2015, 7, 20, 12, 0)
        try push(
            SampleImage(created: deep, layers: [Self.debianJessie, SampleLayer.archive("deep", size: 12_288)]),
            to: "team/x/deep", tags: ["v0.1"], at: deep)
        for (month, tags) in [(4, []), (8, ["v7"])] {
            let date = SampleDate(2015, month, 30, 23, 50)
            try push(
                SampleImage(
                    created: date, layers: [Self.debianJessie, SampleLayer.archive("billing-\(month)", size: 20_480)]),
                to: "team/billing", tags: tags, at: date)
        }
    }
}
