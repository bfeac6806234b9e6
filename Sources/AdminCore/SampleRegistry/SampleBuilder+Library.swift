/// What everybody builds on: base images, and the builders.
extension SampleBuilder {
    static let debianJessie = SampleLayer.archive("debian-8.2-rootfs", size: 420_352)
    static let ciTools = SampleLayer.archive("ci-tools", size: 201_728)

    mutating func addLibrary() throws {
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
            try push(SampleImage(created: date, layers: [layer]), to: "library/alpine", tags: tags, at: date)
        }
    }

    private mutating func addDebian() throws {
        let wheezy = SampleDate(2014, 6, 5, 21, 12)
        let jessie = SampleDate(2015, 9, 6, 8, 20)
        try push(
            SampleImage(created: wheezy, layers: [SampleLayer.archive("debian-7.8-rootfs", size: 380_416)]),
            to: "library/debian", tags: ["wheezy", "7.8", "7"], at: wheezy)
        try push(
            SampleImage(created: jessie, layers: [Self.debianJessie]), to: "library/debian",
            tags: ["jessie", "8.2", "8", "latest"], at: jessie)
    }

    private mutating func addBuilders() throws {
        let base = SampleDate(2015, 9, 14, 7, 0)
        try push(
            SampleImage(created: base, layers: [Self.debianJessie, Self.ciTools]), to: "ci/base",
            tags: ["2015.09", "latest"], at: base)
        for build in 0..<3 {
            let date = SampleDate(2015, 10 + build, 3, 2, 15)
            let runner = SampleLayer.archive("ci-runner-\(build)", size: 24_576)
            try push(
                SampleImage(
                    created: date, command: "/bin/runner", layers: [Self.debianJessie, Self.ciTools, runner]),
                to: "ci/runner", tags: ["build-\(410 + 2 * build)", "build-\(411 + 2 * build)", "latest"], at: date)
        }
    }
}
