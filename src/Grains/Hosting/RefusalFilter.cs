namespace Recs.Grains.Hosting;

/// <summary>
/// Lets a refusal travel: it leaves a grain as <see cref="RefusalException"/> and comes back as what it was. What a storage
/// or stream provider throws does not travel as it is, for its caller may not know the type: it leaves as an
/// <see cref="OrleansException"/>, which says that the call's fate is not known.
/// </summary>
internal sealed class RefusalFilter : IIncomingGrainCallFilter, IOutgoingGrainCallFilter
{
    /// <summary>Assemblies that every silo and client has, beside the runtime's own.</summary>
    private static readonly string[] Homes =
        ["Orleans.Core", "Orleans.Core.Abstractions", "Orleans.Serialization", "Orleans.Serialization.Abstractions", "Recs.Grains.Abstractions"];

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (RecommenderException refusal)
        {
            throw new RefusalException(refusal);
        }
        catch (Exception e) when (!Travels(e))
        {
            throw new OrleansException($"{e.GetType().Name}: {e.Message}");
        }
    }

    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        try
        {
            await context.Invoke();
        }
        catch (RefusalException refusal)
        {
            throw refusal.ToEngine();
        }
    }

    private static bool Travels(Exception e)
    {
        for (var cause = e; cause is not null; cause = cause.InnerException)
        {
            if (cause.GetType().Assembly.GetName().Name is not { } home || !(home.StartsWith("System.", StringComparison.Ordinal) || Homes.Contains(home)))
                return false;
        }

        return true;
    }
}
