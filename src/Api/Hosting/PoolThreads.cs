namespace Recs.Api.Hosting;

/// <summary>The process's pool threads, some of which wait for the disk.</summary>
internal static class PoolThreads
{
    /// <summary>
    /// Lets the pool begin with a thread a core and <paramref name="forDisk"/> more; never with fewer than it was set to. By
    /// itself it begins with one a core and adds one every half second or so: on a small machine two slow flushes of the disk
    /// would stop everything else for as long. Many more than wait at one time would take the cores from each other.
    /// </summary>
    /// <param name="forDisk">Threads that may wait for the disk at one time; 0 or more.</param>
    public static void Reserve(int forDisk)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(forDisk);
        ThreadPool.GetMinThreads(out var workers, out var completions);
        ThreadPool.SetMinThreads(Math.Max(workers, Environment.ProcessorCount + forDisk), completions);
    }
}
