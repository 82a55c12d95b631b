using Recs.Silo.Hosting;

return await SiloHost.RunAsync(args, Console.Out, Console.Error);
