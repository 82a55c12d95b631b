using Orleans.Runtime;

namespace Recs.Client;

/// <summary>What a failed grain call means.</summary>
internal static class CallFaults
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    /// <summary>
    /// True when the call may or may not have been carried out: the silo died, the gateway was busy, no answer came.
    /// </summary>
    public static bool IsTransport(Exception e) =>
        e is TimeoutException
        || (e is OrleansException and not (WrappedException or GrainExtensionNotInstalledException));

    /// <summary>
    /// Waits for a grain; its refusal is the engine's own, whether it came from another process or, within a silo, was
    /// turned back by the silo's filter already.
    /// </summary>
    public static async Task<T> AskAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call().ConfigureAwait(false);
        }
        catch (RefusalException e)
        {
            throw e.ToEngine();
        }
    }

    /// <summary>True for a refusal that says to come again; such a call changed nothing.</summary>
    public static bool SaysRetry(Exception e) =>
        e is RecommenderException { Kind: RefusalKind.NotReady or RefusalKind.Overloaded, RetryAfter: not null };

    /// <summary>True for a refusal that is about the cluster's state, not about what was sent.</summary>
    public static bool IsOfTheMoment(RecommenderException e) =>
        e.Kind is RefusalKind.NotReady or RefusalKind.Overloaded or RefusalKind.StorageFull;

    /// <summary>Nothing came back, and to ask again does no harm.</summary>
    public static RecommenderException Unreachable(string what, Exception? inner) =>
        new(RefusalKind.Overloaded, $"{what} {inner?.Message}".TrimEnd(), inner) { RetryAfter = RetryAfter };

    /// <summary>Nothing came back, and to send again might count twice.</summary>
    public static OutcomeUnknownException Lost(Exception inner) => new(
        $"The events may or may not have been recorded; those with an id of the sender's own can be sent again without counting twice. {inner.Message}",
        inner);
}
