import ObjectStore
import Registry
import Foundation

/// An image of the sample: its layers, and the two documents that name them.
struct SampleImage: Sendable {
    /// The tool that wrote the image; it decides the media types.
    enum Format: Sendable {
        /// Docker, schema 2.
        case docker
        /// An OCI tool, of later years.
        case oci
    }

    var format = Format.docker
    let created: SampleDate
    var architecture = "amd64"
    var variant: String?
    var command = "/bin/sh"
    let layers: [SampleBlob]

    /// The manifest's media type.
    var mediaType: String {
        switch format {
        case .docker: "application/vnd.docker.distribution.manifest.v2+json"
        case .oci: "application/vnd.oci.image.manifest.v1+json"
        }
    }

    /// The image's configuration, as compact as Docker writes it.
    var config: SampleBlob {
        let history = layers.map { layer in
            #"{"created":"\#(created.text)","created_by":"/bin/sh -c #(nop) ADD file:\#(layer.digest.hex.prefix(12)) in /"}"#
        }
        let variant = variant.map { #","variant":"\#($0)""# } ?? ""
        return SampleBlob(
            #"{"architecture":"\#(architecture)","config":{"Cmd":["\#(command)"]},"created":"\#(created.text)","#
                + #""history":[\#(history.joined(separator: ","))],"os":"linux","rootfs":{"type":"layers","diff_ids":["#
                + layers.map { "\"\($0.digest)\"" }.joined(separator: ",") + #"]}\#(variant)}"#)
    }

    /// The manifest, indented as Docker indents it.
    func manifest(config: SampleBlob) -> SampleBlob {
        let (configType, layerType) =
            switch format {
            case .docker:
                ("application/vnd.docker.container.image.v1+json", "application/vnd.docker.image.rootfs.diff.tar")
            case .oci:
                ("application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar")
            }
        let layers = layers.map { SampleDescriptor(mediaType: layerType, blob: $0).json(indented: 6) }
        return SampleBlob(
            """
            {
               "schemaVersion": 2,
               "mediaType": "\(mediaType)",
               "config": \(SampleDescriptor(mediaType: configType, blob: config).json(indented: 3)),
               "layers": [
                  \(layers.joined(separator: ",\n      "))
               ]
            }
            """)
    }
}

/// A reference to a blob, as manifests and indexes write it.
struct SampleDescriptor {
    let mediaType: String
    let blob: SampleBlob
    /// Further members, each one or more lines of JSON without a comma at the end.
    var members: [String] = []

    /// The object as JSON, with `indentation` spaces before its closing brace.
    func json(indented indentation: Int) -> String {
        let margin = String(repeating: " ", count: indentation)
        let lines = [
            #""mediaType": "\#(mediaType)""#, #""size": \#(blob.size)"#, #""digest": "\#(blob.digest)""#,
        ]
        return "{\n" + (lines + members).map { "\(margin)   \($0)" }.joined(separator: ",\n") + "\n\(margin)}"
    }
}

/// An index over manifests of several platforms.
struct SampleIndex {
    let format: SampleImage.Format
    let images: [(image: SampleImage, manifest: SampleBlob)]

    /// The document: a manifest list, or an OCI index.
    var document: SampleBlob {
        let mediaType =
            switch format {
            case .docker: "application/vnd.docker.distribution.manifest.list.v2+json"
            case .oci: "application/vnd.oci.image.index.v1+json"
            }
        let descriptors = images.map { image, manifest in
            let variant = image.variant.map { ", \"variant\": \"\($0)\"" } ?? ""
            return SampleDescriptor(
                mediaType: image.mediaType, blob: manifest,
                members: [#""platform": { "architecture": "\#(image.architecture)", "os": "linux"\#(variant) }"#]
            ).json(indented: 6)
        }
        return SampleBlob(
            """
            {
               "schemaVersion": 2,
               "mediaType": "\(mediaType)",
               "manifests": [
                  \(descriptors.joined(separator: ",\n      "))
               ]
            }
            """)
    }
}

/// A signature that an OCI tool attaches to an image: a manifest with a subject.
struct SampleAttachment {
    let subject: SampleBlob
    let payload: SampleBlob

    /// The empty configuration.
    static let config = SampleBlob("{}")

    var manifest: SampleBlob {
        let config = SampleDescriptor(mediaType: "application/vnd.oci.empty.v1+json", blob: Self.config)
        let layer = SampleDescriptor(mediaType: "application/vnd.dev.cosign.simplesigning.v1+json", blob: payload)
        let subject = SampleDescriptor(mediaType: "application/vnd.oci.image.index.v1+json", blob: subject)
        return SampleBlob(
            """
            {
               "schemaVersion": 2,
               "mediaType": "application/vnd.oci.image.manifest.v1+json",
               "artifactType": "application/vnd.dev.cosign.artifact.sig.v1+json",
               "config": \(config.json(indented: 3)),
               "layers": [
                  \(layer.json(indented: 6))
               ],
               "subject": \(subject.json(indented: 3))
            }
            """)
    }
}

/// A moment of the sample's history in UTC, as a date and as the text in manifests and upload
/// files.
struct SampleDate: Hashable, Sendable {
    /// RFC 3339, to the second.
    let text: String
    let date: Date

    /// `year`-`month`-`day` of the proleptic Gregorian calendar, at `hour`:`minute`:`second`.
    init(_ year: Int, _ month: Int, _ day: Int, _ hour: Int = 0, _ minute: Int = 0, _ second: Int = 0) {
        func two(_ number: Int) -> String { String(number, width: 2) }
        text = "\(String(year, width: 4))-\(two(month))-\(two(day))T\(two(hour)):\(two(minute)):\(two(second))Z"
        // Years that begin in March have their leap day at the end, so the days before a month
        // follow one formula.
        let marchYear = month > 2 ? year : year - 1
        let monthsSinceMarch = (month + 9) % 12
        let days =
            marchYear * 365 + marchYear / 4 - marchYear / 100 + marchYear / 400
            + (monthsSinceMarch * 153 + 2) / 5 + day - 1
        let daysBefore1970 = 719_468
        date = Date(
            timeIntervalSince1970: Double((((days - daysBefore1970) * 24 + hour) * 60 + minute) * 60 + second))
    }
}
