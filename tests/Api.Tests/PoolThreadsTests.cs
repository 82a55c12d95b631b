using Recs.Api.Hosting;

namespace Recs.Api.Tests;

public sealed class PoolThreadsTests
{
    /// <summary>The setting is the process's: put back afterwards, and never lowered by others meanwhile.</summary>
    [Fact]
    public void The_pool_begins_with_those_that_wait_more_than_cores_and_with_no_fewer_than_it_was_set_to()
    {
        ThreadPool.GetMinThreads(out var workers, out var completions);
        try
        {
            ThreadPool.SetMinThreads(1, completions);
            PoolThreads.Reserve(3);
            Assert.Equal(Environment.ProcessorCount + 3, Workers());
            PoolThreads.Reserve(2);
            Assert.Equal(Environment.ProcessorCount + 3, Workers());
        }
        finally
        {
            ThreadPool.SetMinThreads(workers, completions);
        }

        static int Workers()
        {
            ThreadPool.GetMinThreads(out var least, out _);
            return least;
        }
    }

    [Fact]
    public void Fewer_than_none_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => PoolThreads.Reserve(-1));
}
