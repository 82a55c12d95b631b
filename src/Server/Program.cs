using Recs.Server;

return await ServerHost.RunAsync(args, Console.Out, Console.Error);
