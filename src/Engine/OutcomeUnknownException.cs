namespace Recs.Engine;

/// <summary>
/// Nobody can say whether the call was carried out: the process that had it did not answer. Unlike a
/// <see cref="RecommenderException"/> it may have changed something, so events without an id of the caller's own must not
/// simply be sent again (HTTP 504).
/// </summary>
public sealed class OutcomeUnknownException(string message, Exception? inner = null) : Exception(message, inner);
