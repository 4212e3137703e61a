import Images
import Model

extension Repository {
    /// Refuses an image that can't run on the platform that was asked for. One that does not say what it runs on is
    /// taken for one of this machine's.
    static func requirePlatform(_ request: String?, of image: ImageConfiguration, _ revision: Revision) throws {
        guard let request else { return }
        let wanted = try Platform(parsing: request)
        let offered = image.platform ?? .host
        if offered.distance(from: wanted) == nil {
            throw EngineError.refused(
                "choose platform", subject: revision.text, reason: "it is for \(offered), not for \(wanted)")
        }
    }
}
