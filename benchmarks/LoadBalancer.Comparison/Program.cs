Console.WriteLine("comparison");
