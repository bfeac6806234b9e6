/// Every kind of document that a registry of this age, and later writers, keep.
extension SampleBuilder {
    mutating func addPlatforms() throws {
        let date = SampleDate(2016, 2, 20, 18, 0)
        try push(
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
        let index = try push(
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
            try store(blob, at: signed)
            try linkLayer(blob, in: "edge/gateway", at: signed)
        }
        try putManifest(
            attachment.manifest, in: "edge/gateway", tags: ["sha256-\(index.digest.hex).sig"], at: signed)
    }

    private mutating func addLegacy() throws {
        let base = SampleLayer.archive("legacy-rootfs", size: 81_920)
        for (tag, date) in [("2.0", SampleDate(2014, 4, 11, 14, 0)), ("2.1", SampleDate(2014, 11, 28, 9, 10))] {
            try push(
                SampleSchema1(
                    name: "legacy/schema1", tag: tag, created: date,
                    layers: [base, SampleLayer.archive("legacy-\(tag)", size: 15_360), SampleSchema1.emptyLayer]),
                at: date)
        }
    }
}
