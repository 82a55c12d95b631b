using Orleans.Streams;

namespace Recs.Grains.Users;

/// <summary>
/// How far a user's stream has been taken, as far as this activation knows. A queue's tokens only grow, and each deliverer
/// goes by their order; so what is at or before the newest token that was taken whole is a repeat, however many events ago
/// it came: from a silo that stood still and goes on where it was, after another one has taken its queue over. Not
/// thread-safe.
/// </summary>
internal sealed class StreamPosition
{
    private StreamSequenceToken? _taken;

    /// <summary>False for a token that was never given: then nobody can say.</summary>
    public bool IsTaken(StreamSequenceToken? token) => token is not null && _taken is not null && token.CompareTo(_taken) <= 0;

    /// <summary>Everything up to this token is recorded or parked.</summary>
    public void Take(StreamSequenceToken? token)
    {
        if (token is not null && !IsTaken(token))
            _taken = token;
    }
}
