import Foundation
import Testing

@testable import Registry

@Suite("Recipe: what a configuration says, and what of it is let be") struct ImageRecipeTests {
    private static func recipe(_ text: String) throws -> ImageRecipe { try ImageRecipe(parsing: Array(text.utf8)) }

    @Test("how it is run, and its steps with the layers that came of them")
    func configuration() throws {
        let recipe = try Self.recipe(
            #"""
            {"author":"ops","created":"2015-11-02T10:00:00Z","os":"linux",
             "config":{"User":"www","WorkingDir":"/srv","Entrypoint":["/init"],"Cmd":["serve","--all"],
              "Env":["PATH=/bin","A=b=c"],"ExposedPorts":{"80/tcp":{},"443/tcp":{}},"Volumes":{"/data":{}},
              "Labels":{"b":"2","a":"1"},"StopSignal":"SIGQUIT"},
             "history":[{"created":"2015-11-01T10:00:00Z","created_by":"ADD file:1 in /"},
              {"created_by":"ENV A=b=c","empty_layer":true,"comment":"by hand"},{"created_by":"RUN make"}]}
            """#)
        #expect([recipe.author, recipe.user, recipe.workingDirectory] == ["ops", "www", "/srv"])
        #expect(recipe.entrypoint == ["/init"] && recipe.command == ["serve", "--all"])
        #expect(recipe.environment == ["PATH=/bin", "A=b=c"] && recipe.labels == ["a": "1", "b": "2"])
        #expect(recipe.ports == ["443/tcp", "80/tcp"] && recipe.volumes == ["/data"] && recipe.stopSignal == "SIGQUIT")
        #expect(recipe.steps.map(\.command) == ["ADD file:1 in /", "ENV A=b=c", "RUN make"])
        #expect(recipe.steps.map(\.makesLayer) == [true, false, true])
        #expect(recipe.steps.map(\.comment) == ["", "by hand", ""])
        #expect(recipe.steps.first?.created == Timestamp.parse("2015-11-01T10:00:00Z"))
        #expect(recipe.steps.last?.created == nil)
    }

    @Test(
        "what is of another kind than it should be is left out, and the rest stays",
        arguments: [
            #"{"config":7,"history":{}}"#, #"{"config":{"Env":"x","Cmd":[1],"ExposedPorts":[],"Labels":{"a":1}}}"#,
            #"{"history":[7]}"#, #"{"config":null,"history":null}"#, "{}",
        ])
    func lenient(_ text: String) throws {
        let recipe = try Self.recipe(
            text.replacing("{", with: #"{"author":"me","#, maxReplacements: 1)
                .replacing(#"","}"#, with: #""}"#))
        #expect(recipe.author == "me")
        #expect(recipe.environment.isEmpty && recipe.command.isEmpty && recipe.steps.isEmpty && recipe.labels.isEmpty)
    }

    @Test("what is no JSON object is refused", arguments: ["", "[]", "7", "{", "\"x\""])
    func refused(_ text: String) {
        #expect(throws: ManifestProblem.self) { try Self.recipe(text) }
    }

    @Test("schema 1: the newest says how it is run, and all how they were made, the oldest first")
    func schema1() throws {
        let recipe = try ImageRecipe(
            schema1: Array(
                #"""
                {"schemaVersion":1,"history":[
                 {"v1Compatibility":"{\"created\":\"2015-11-02T10:00:00Z\",\"author\":\"me\",\"config\":{\"Cmd\":[\"sh\"]},\"container_config\":{\"Cmd\":[\"/bin/sh\",\"-c\",\"make\"]}}"},
                 {"v1Compatibility":"{\"container_config\":{\"Cmd\":[\"ADD\"]}}"}]}
                """#.utf8))
        #expect(recipe.author == "me" && recipe.command == ["sh"])
        #expect(recipe.steps.map(\.command) == ["ADD", "/bin/sh -c make"])
        #expect(recipe.steps.map(\.makesLayer) == [true, true])
    }

    @Test("schema 1: what cannot be understood of its history is a step of which nothing is known")
    func schema1Lenient() throws {
        let recipe = try ImageRecipe(
            schema1: Array(
                #"{"history":[{"v1Compatibility":"not json"},{"v1Compatibility":"{\"author\":\"me\"}"}]}"#.utf8))
        #expect(recipe.steps.count == 2 && recipe.author == "")
    }

    @Test("an index: each of its images with its parts and its recipe; of one that is named twice, once")
    func tree() async throws {
        var pool = RegistryPool()
        pool.image("a", 100, layers: [1, 2])
        pool.image("a", 200, layers: [1], architecture: "arm64")
        pool.manifest(
            "a", RegistryPool.digest(50),
            RegistryPool.listDocument([(100, "amd64"), (200, "arm64"), (100, "amd64")]))
        pool.tag("a", "t", RegistryPool.digest(50))
        let pass = pool.pass
        let unexpanded = try await pass.image(try #require(ImageReference("a:t")))
        #expect(unexpanded.withChildren.map(\.digest) == [RegistryPool.digest(50)])
        let image = try await pass.image(try #require(ImageReference("a:t")), expanding: true)
        #expect(image.manifests.map { $0.image?.layers.count } == [2, 1, nil])
        #expect(image.withChildren.map(\.digest) == [50, 100, 200].map { RegistryPool.digest($0) })
        #expect(
            image.manifestSize
                == UInt64(RegistryPool.listDocument([(100, "amd64"), (200, "arm64"), (100, "amd64")]).utf8.count))
        #expect(try await Set(pass.recipes(of: image).keys) == [RegistryPool.digest(100), RegistryPool.digest(200)])
    }

    @Test("damaged: an index that names itself, and a configuration that is gone")
    func damaged() async throws {
        var pool = RegistryPool()
        pool.image("a", 100, layers: [1])
        pool.pool.unlink(RegistryPool.blobPath(RegistryPool.digest(101)))
        pool.manifest(
            "a", RegistryPool.digest(50),
            RegistryPool.listDocument([(50, "amd64"), (100, "amd64")]))
        pool.tag("a", "t", RegistryPool.digest(50))
        let pass = pool.pass
        let image = try await pass.image(try #require(ImageReference("a:t")), expanding: true)
        #expect(image.manifests.map { $0.image?.digest } == [nil, RegistryPool.digest(100)])
        #expect(try await pass.recipes(of: image).isEmpty)
    }
}
