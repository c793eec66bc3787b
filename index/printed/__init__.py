"""What sources print: names, languages, mark-up, the cells of spreadsheets; read and written."""
