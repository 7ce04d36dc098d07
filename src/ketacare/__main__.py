from ketacare.web.cli import main

raise SystemExit(main())
