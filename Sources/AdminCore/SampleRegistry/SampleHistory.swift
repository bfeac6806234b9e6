import Registry

/// The history of the company whose registry the sample is.
struct SampleHistory {
    private(set) var builder = SampleBuilder()

    /// Pushes every image of the history.
    mutating func push() throws {
        try addLibrary()
        try addApplications()
        try addPlatforms()
        try addAttic()
    }

    // MARK: - Base images, and the builders

    static let debianJessie = SampleLayer.archive("debian-8.2-rootfs", size: 420_352)
    static let ciTools = SampleLayer.archive("ci-tools", size: 201_728)

    private mutating func addLibrary() throws {
        try addAlpine()
        try addDebian()
        try addBuilders()
    }

    private mutating func addAlpine() throws {
        let releases: [(tags: [String], SampleDate)] = [
            (["3.1", "latest"], SampleDate(2014, 12, 10, 11, 30)),
            (["3.2", "latest"], SampleDate(2015, 5, 26, 16, 4)),
            (["3.3", "3", "latest"], SampleDate(2015, 12, 18, 9, 45)),
            (["edge"], SampleDate(2016, 2, 2, 3, 0)),
        ]
        for (tags, date) in releases {
            let layer = SampleLayer.archive("alpine-\(tags[0])-rootfs", size: 92_160)
            try builder.push(SampleImage(created: date, layers: [layer]), to: "library/alpine", tags: tags, at: date)
        }
    }

    private mutating func addDebian() throws {
        let wheezy = SampleDate(2014, 6, 5, 21, 12)
        let jessie = SampleDate(2015, 9, 6, 8, 20)
        try builder.push(
            SampleImage(created: wheezy, layers: [SampleLayer.archive("debian-7.8-rootfs", size: 380_416)]),
            to: "library/debian", tags: ["wheezy", "7.8", "7"], at: wheezy)
        try builder.push(
            SampleImage(created: jessie, layers: [Self.debianJessie]), to: "library/debian",
            tags: ["jessie", "8.2", "8", "latest"], at: jessie)
    }

    private mutating func addBuilders() throws {
        let base = SampleDate(2015, 9, 14, 7, 0)
        try builder.push(
            SampleImage(created: base, layers: [Self.debianJessie, Self.ciTools]), to: "ci/base",
            tags: ["2015.09", "latest"], at: base)
        for build in 0..<3 {
            let date = SampleDate(2015, 10 + build, 3, 2, 15)
            let runner = SampleLayer.archive("ci-runner-\(build)", size: 24_576)
            try builder.push(
                SampleImage(
                    created: date, command: "/bin/runner", layers: [Self.debianJessie, Self.ciTools, runner]),
                to: "ci/runner", tags: ["build-\(410 + 2 * build)", "build-\(411 + 2 * build)", "latest"], at: date)
        }
    }

    // MARK: - The company's products and unfinished uploads

    /// A layer of three chunks.
    static let weights = SampleLayer.big(
        "model-weights", size: 8_912_896, data: 300_000,
        digest: "77334cf34f100f47ac28fac67f43113d89ed95b8286b51286cf90061f8539e9b")

    private mutating func addApplications() throws {
        try addProduct()
        try addTeams()
        let trained = SampleDate(2015, 11, 2, 19, 31)
        try builder.push(
            SampleImage(
                created: trained, command: "/bin/predict",
                layers: [Self.weights]),
            to: "ml/weights", tags: ["2015-11"], at: trained)
        let partial = SampleDate(2016, 1, 19, 13, 2)
        try builder.startUpload(
            "23b25564-ec05-4c45-8a8b-d64efed76cc7", in: "uploads/partial", at: partial,
            Array(SampleLayer.archive("abandoned", size: 131_072).content[..<50_000]),
            continued: SampleDate(2016, 1, 19, 13, 3))
        try builder.startUpload(
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
                try builder.push(
                    SampleImage(
                        created: date, command: "/bin/\(service)", layers: [Self.debianJessie, runtime, layer]),
                    to: "app/\(service)", tags: [version] + (service == "web" ? tags : ["latest"]), at: date)
            }
        }
        let cache = SampleDate(2015, 3, 12, 10, 5)
        try builder.push(
            SampleImage(
                created: cache, command: "/bin/cache", layers: [SampleLayer.archive("cache", size: 30_720)]),
            to: "app/web/cache", tags: ["1.1"], at: cache)
    }

    private mutating func addTeams() throws {
        let deep = SampleDate(2015, 7, 20, 12, 0)
        try builder.push(
            SampleImage(created: deep, layers: [Self.debianJessie, SampleLayer.archive("deep", size: 12_288)]),
            to: "team/x/deep", tags: ["v0.1"], at: deep)
        for (month, tags) in [(4, []), (8, ["v7"])] {
            let date = SampleDate(2015, month, 30, 23, 50)
            try builder.push(
                SampleImage(
                    created: date, layers: [Self.debianJessie, SampleLayer.archive("billing-\(month)", size: 20_480)]),
                to: "team/billing", tags: tags, at: date)
        }
    }

    // MARK: - Every kind of document of this registry and of later writers

    private mutating func addPlatforms() throws {
        let date = SampleDate(2016, 2, 20, 18, 0)
        try builder.push(
            [("amd64", nil), ("arm64", nil), ("arm", "v7")].map { architecture, variant in
                SampleImage(
                    created: date, architecture: architecture, variant: variant, command: "/bin/agent",
                    layers: [SampleLayer.archive("agent-\(architecture)", size: 34_816)])
            }, as: .docker, to: "multi/arch", tags: ["1.0", "latest"], at: date)
        try addGateway()
        try addLegacy()
    }

    private mutating func addGateway() throws {
        let date = SampleDate(2025, 3, 4, 6, 30)
        let index = try builder.push(
            ["amd64", "arm64"].map { architecture in
                SampleImage(
                    format: .oci, created: date, architecture: architecture, command: "/gateway",
                    layers: [SampleLayer.archive("gateway-\(architecture)", size: 57_344)])
            }, as: .oci, to: "edge/gateway", tags: ["2025.3", "latest"], at: date)
        let signed = SampleDate(2025, 3, 4, 6, 31)
        let attachment = SampleAttachment(
            subject: index,
            payload: SampleBlob(
                #"{"critical":{"identity":{"docker-reference":"edge/gateway"},"image":{"docker-manifest-digest":"#
                    + #""\#(index.digest)"},"type":"cosign container image signature"},"optional":null}"#))
        for blob in [SampleAttachment.config, attachment.payload] {
            try builder.store(blob, at: signed)
            try builder.linkLayer(blob, in: "edge/gateway", at: signed)
        }
        try builder.putManifest(
            attachment.manifest, in: "edge/gateway", tags: ["sha256-\(index.digest.hex).sig"], at: signed)
    }

    private mutating func addLegacy() throws {
        let base = SampleLayer.archive("legacy-rootfs", size: 81_920)
        for (tag, date) in [("2.0", SampleDate(2014, 4, 11, 14, 0)), ("2.1", SampleDate(2014, 11, 28, 9, 10))] {
            try builder.push(
                SampleSchema1(
                    name: "legacy/schema1", tag: tag, created: date,
                    layers: [base, SampleLayer.archive("legacy-\(tag)", size: 15_360), SampleSchema1.emptyLayer]),
                at: date)
        }
    }

    // MARK: - Repositories that nobody has used for years

    private mutating func addAttic() throws {
        for (tag, date) in [
            ("v1", SampleDate(2013, 5, 2, 4, 12)), ("v2", SampleDate(2013, 7, 19, 4, 12)),
            ("v3", SampleDate(2013, 9, 9, 4, 12)),
        ] {
            try builder.push(
                SampleImage(
                    created: date, command: "/usr/sbin/cron", layers: [SampleLayer.archive("cron-\(tag)", size: 22_528)]
                ),
                to: "attic/cron", tags: [tag], at: date)
        }
        let intranet = SampleDate(2013, 11, 4, 8, 0)
        try builder.push(
            SampleImage(created: intranet, layers: [SampleLayer.archive("intranet", size: 45_056)]),
            to: "attic/intranet", tags: [], at: intranet)
        let y2k = SampleDate(2013, 3, 1, 0, 0)
        let image = SampleImage(created: y2k, layers: [SampleLayer.archive("y2k", size: 18_432)])
        for blob in image.layers + [image.config] {
            try builder.store(blob, at: y2k)
            try builder.linkLayer(blob, in: "attic/y2k", at: y2k)
        }
        // Deleting a manifest leaves its blob.
        try builder.store(image.manifest(config: image.config), at: y2k)
    }
}
