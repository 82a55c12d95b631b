using System.Runtime.InteropServices;
using Orleans.Streams;

namespace Recs.Grains.Users;

/// <summary>
/// Tells repeats in a user's stream that are too old for the event ids that a session remembers: from a silo that stood
/// still and goes on where it was, after another one took its queue over. Each deliverer goes by the order of the queue's
/// tokens, which grow; so once a token was taken whole, what is at or before it has come. As long as event ids can tell,
/// they alone do: a token never makes a new event of the last few a repeat. Known while the activation lives. Not
/// thread-safe.
/// </summary>
/// <param name="window">Event ids that a session remembers.</param>
internal sealed class StreamPosition(int window)
{
    // Tokens are kept in steps, the last of them still growing: a handful a user, and all of a step count as its last one.
    // So tokens begin to tell a step and a batch before ids cease to.
    private readonly int _step = Math.Max(1, window / 8);
    private readonly List<Step> _steps = [];
    private StreamSequenceToken? _forgotten;

    /// <summary>Most events between two calls of <see cref="Take"/>.</summary>
    public int Batch { get; } = Math.Clamp(window / 2, 1, Limits.MaxEventsPerBatch);

    /// <param name="token">Of an event; null: nobody can say.</param>
    /// <param name="sequence">The user's sequence now.</param>
    public bool IsRepeat(StreamSequenceToken? token, long sequence)
    {
        var old = 0;
        while (old < _steps.Count && _steps[old].Until + window - _step - Batch <= sequence)
            _forgotten = _steps[old++].Token;
        _steps.RemoveRange(0, old);
        return token is not null && _forgotten is not null && token.CompareTo(_forgotten) <= 0;
    }

    /// <summary>Everything up to this token is recorded or parked.</summary>
    /// <param name="token">Of the last event that was taken.</param>
    /// <param name="sequence">The user's sequence after it.</param>
    public void Take(StreamSequenceToken? token, long sequence)
    {
        if (token is null)
            return;
        var steps = CollectionsMarshal.AsSpan(_steps);
        if (steps is [.., var newest] && token.CompareTo(newest.Token) <= 0)
            return;
        if (steps is [.., var last] && sequence < last.From + _step)
            steps[^1] = last with { Token = token, Until = sequence };
        else
            _steps.Add(new Step(token, sequence, sequence));
    }

    /// <param name="Token">The newest taken of the step.</param>
    /// <param name="From">The user's sequence when the step began.</param>
    /// <param name="Until">The user's sequence when its newest token was taken.</param>
    private readonly record struct Step(StreamSequenceToken Token, long From, long Until);
}
