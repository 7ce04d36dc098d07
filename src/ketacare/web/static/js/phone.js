// Phone pages: what is typed is kept until sent; nothing else.
import { startKeep } from "./keep.js";
startKeep();
