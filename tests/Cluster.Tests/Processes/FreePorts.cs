using System.Net;
using System.Net.Sockets;

namespace Recs.Cluster.Tests.Processes;

/// <summary>Loopback ports that nobody listens on.</summary>
internal static class FreePorts
{
    /// <summary>Different ones, as of now.</summary>
    public static int[] Take(int count)
    {
        var listeners = new TcpListener[count];
        for (var i = 0; i < count; i++)
        {
            listeners[i] = new TcpListener(IPAddress.Loopback, 0);
            listeners[i].Start();
        }

        var ports = Array.ConvertAll(listeners, l => ((IPEndPoint)l.LocalEndpoint).Port);
        foreach (var listener in listeners)
            listener.Dispose();
        return ports;
    }
}
